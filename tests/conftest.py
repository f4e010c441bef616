pytest_plugins = ["tests.support.databases", "tests.support.application", "tests.support.clients"]
