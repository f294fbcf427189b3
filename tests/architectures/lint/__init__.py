"""Tests of the warnings before any run."""
