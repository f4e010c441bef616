// Walks the portal of docs/clients.md (recipe.go, written beside this file by the test) once: prints where the browser
// has to go, reads where it came back to, prints who the person is.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"

	"golang.org/x/oauth2"
)

func main() {
	ctx, issuer, secret := context.Background(), os.Args[1], os.Args[2]
	var more []oauth2.AuthCodeOption
	for _, resource := range os.Args[3:] {
		more = append(more, oauth2.SetAuthURLParam("resource", resource))
	}
	portal, err := newPortal(ctx, issuer, secret)
	check(err)
	verifier := oauth2.GenerateVerifier()
	fmt.Println(portal.signIn("a state", "a nonce", verifier, more...))
	answered, err := bufio.NewReader(os.Stdin).ReadString('\n')
	check(err)
	address, err := url.Parse(answered[:len(answered)-1])
	check(err)
	person, tokens, err := portal.signedIn(ctx, address.Query().Get("code"), "a nonce", verifier)
	check(err)
	var claims map[string]any
	check(person.Claims(&claims))
	claims["access_token"] = tokens.AccessToken
	check(json.NewEncoder(os.Stdout).Encode(claims))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
