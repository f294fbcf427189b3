// The tests of the page's pure functions.
import "./link";
import "./facts";
import "./flights";
import "./tape";
