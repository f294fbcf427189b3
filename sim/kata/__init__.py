"""The guided exercise: five stages from a design that charges people twice to one that passes. This package prints nothing."""
