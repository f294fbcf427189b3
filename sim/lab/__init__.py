"""The verbs of the command line for Python and Jupyter: results that hold DataFrames, plot and show themselves."""
