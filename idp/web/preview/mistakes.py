"""Each form with the errors of somebody who mistypes everything: the words that its own fields answer with.

The key of an error is the id of its field, as in the pages' own `errors`.
"""

from collections.abc import Mapping

from idp.wording import Text, counted, text

Mistakes = Mapping[str, Mapping[str, Text]]
"""Errors by field, by template."""

EMAIL = text("Enter a complete email address, like name@example.ch.")
PHONE = text(
    "This number cannot receive text messages. Example: %(example)s.", example="+41\u00a079\u00a0123\u00a045\u00a067"
)
DATE = text("Enter the date like this: 16.07.1956.")
PASSWORD = text("This password is too common or has leaked elsewhere. Choose another one.")
SHORT = text("Choose at least %(floor)d characters. A phrase of several words works well.", floor=12)
DIFFER = text("The two passwords do not match.")
NOT_CORRECT = text("This password is not correct.")
TERMS = text("Accept the terms of use to continue.")
EMPTY = text("This field is required.")
FIRST_NAME, LAST_NAME = text("Enter your first name."), text("Enter your last name.")
CODE = counted(
    "That code is not correct. You have 1 try left.", "That code is not correct. You have %(count)d tries left.", 3
)
CASE = counted(
    "That code is not correct. Upper and lower case letters are different. You have 1 try left.",
    "That code is not correct. Upper and lower case letters are different. You have %(count)d tries left.",
    1,
)
REGISTRATION = text(
    "This code is not valid, has expired or has already been used. Check your most recent letter or invitation, "
    "or ask our helpdesk for a new code."
)
DEVICE = text("This code is not correct or has expired. Check it on your device, or request a new one there.")
RECOVERY = text("This recovery code is not correct or has already been used.")
APP = text("This code is not correct. Check that your phone sets its time automatically, then enter the next code.")
USED_APP = text("This code is not correct or has already been used. Wait for the next one and enter it.")
FAILED = text("Your user ID or password is incorrect.")
NO_IDENTIFIER = text("Enter your email address or your user ID.")
NO_TOPIC = text(
    "No topic is ticked: the user would see nothing in the portal. Tick at least one, or save without topics."
)
ONLY_ADMINISTRATOR = text(
    "You are the only active administrator. Choose another one first: open that person’s entry in the list, select"
    " ‘Edit’ and tick ‘Administrator rights’."
)

MISTAKES: Mistakes = {
    "methods/email.html": {"code": CODE},
    "methods/recovery.html": {"code": RECOVERY},
    "methods/sent-code.html": {"code": CODE},
    "methods/sms.html": {"code": CODE},
    "methods/totp.html": {"code": USED_APP},
    "pages/device-code.html": {"code": DEVICE},
    "steps/account-address.html": {"email": EMAIL},
    "steps/add-passkey.html": {"name": EMPTY},
    "steps/attach-account.html": {"password": NOT_CORRECT},
    "steps/authenticator-app.html": {"code": APP, "name": EMPTY},
    "steps/change-language.html": {"language": text("Select a language.")},
    "steps/complete-migration.html": {
        "family_name": LAST_NAME,
        "given_name": FIRST_NAME,
        "new_password": PASSWORD,
        "new_password_again": DIFFER,
        "terms": TERMS,
    },
    "steps/concluding-code.html": {"code": CODE},
    "steps/edit-user.html": {"administrator": ONLY_ADMINISTRATOR},
    "steps/email-address.html": {"email": EMAIL},
    "steps/keep-directory-token.html": {"kept": text("Enter the token in the directory first, then tick the box.")},
    "steps/known-address-code.html": {"code": CODE},
    "steps/legacy-credentials.html": {"identifier": NO_IDENTIFIER, "password": text("Enter your password.")},
    "steps/letter-again.html": {"code": REGISTRATION},
    "steps/lost-phone-code.html": {"code": CODE},
    "steps/mail-link-code.html": {"code": CODE},
    "steps/migration-email-code.html": {"code": CODE},
    "steps/migration-email.html": {"email": EMAIL},
    "steps/migration-phone.html": {"phone": PHONE},
    "steps/mobile-number.html": {"phone": PHONE},
    "steps/new-directory-token.html": {"token_name": text("Enter a name for the token.")},
    "steps/new-phone.html": {"phone": PHONE},
    "steps/new-user-name.html": {
        "given_name": text("Enter the first name."),
        "family_name": text("Enter the last name."),
    },
    "steps/new-user-phone.html": {"phone": PHONE},
    "steps/new-user-rights.html": {"topics": NO_TOPIC},
    "steps/new-user.html": {"email": EMAIL},
    "steps/offer-passkey.html": {"name": EMPTY},
    "steps/open-account.html": {"given_name": FIRST_NAME, "family_name": LAST_NAME, "terms": TERMS},
    "steps/organisation.html": {"organisation": text("Select a company.")},
    "steps/password-again.html": {"password": NOT_CORRECT},
    "steps/phone-number.html": {"phone": PHONE},
    "steps/profile.html": {"given_name": FIRST_NAME, "family_name": LAST_NAME},
    "steps/recovery-codes.html": {"kept": text("Keep the list first, then tick the box.")},
    "steps/recovery-request.html": {"identifier": NO_IDENTIFIER, "birth_date": DATE},
    "steps/remove-method.html": {"method": text("Select what you want to remove.")},
    "steps/rename-method.html": {"name": text("Enter the new name.")},
    "steps/replace-password.html": {
        "birth_date": DATE,
        "code": CASE,
        "new_password": SHORT,
        "new_password_again": DIFFER,
    },
    "steps/spoken-code.html": {"code": CODE},
    "steps/user-phone.html": {"phone": PHONE},
}
"""The pages of `pages.COMMON` that have errors show their own."""
