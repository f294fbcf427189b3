// The tests of the page's pure functions.
import "./link";
import "./flights";
import "./tape";
