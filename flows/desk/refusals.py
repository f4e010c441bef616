"""The words for acts that cannot be done, by the reason that the action gives."""

from collections.abc import Mapping

from idp.wording import Text, text

NO_ADDRESS = text("Enter an email address, for example anne@example.ch.")
NO_REPLACEMENT: Mapping[str, Text] = {
    "inactive": text("The account is deactivated. Activate it first."),
    "no-portal": text("This account does not open any portal."),
    "same": text("The account already has this email address."),
    "taken": text("This address belongs to another account. Find it, or ask for another address."),
}
NO_RECOVERY: Mapping[str, Text] = {
    "inactive": text("The account is deactivated. Activate it first."),
    "no-portal": text("This account does not open any portal."),
    "no-address": text("There is no email address on file."),
    "too-many": text("Several links have already been sent. The person can use the newest one, or try again later."),
    "birth-date-unknown": text("A portal asks for the full date of birth, and we do not have it."),
    "no-phone": text("There is no mobile number for the second proof. Use a letter, or replace the lost phone."),
    "phone": text("The mobile number is new or not confirmed. For now, it cannot receive a code for a new password."),
    "new-method": text("The sign-in methods are new. For now, they do not count as the second proof."),
}
NO_MERGE: Mapping[str, Text] = {
    "same": text("These are not two accounts."),
    "inactive": text("Both accounts must be active."),
    "closing": text("One of the accounts will be deleted. Stop the deletion first."),
    "replacing": text("A phone or email address of one account is being replaced. Wait, or stop the replacement."),
    "waiting": text("A password of one account was just reset. Changes have to wait after that."),
    "birth-date": text("The dates of birth differ. These may be two people."),
}
ONLY_ADMINISTRATOR = text("The person is the only administrator of a company. Replace them there first.")
