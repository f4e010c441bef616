pytest_plugins = [
    "tests.support.databases",
    "tests.support.application",
    "tests.support.inbox",
    "tests.support.clients",
]
