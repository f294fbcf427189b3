"""What a comparison looks like: charts, tables, sentences, and the page that holds them."""
