"""The version of the package: part of every result, as another version may give other numbers."""

VERSION = "0.1.0"
