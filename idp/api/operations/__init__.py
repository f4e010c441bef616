"""The operations, one module for each kind of resource: the types that travel, and what each operation does."""
