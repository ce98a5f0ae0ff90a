package dev.caviar.engine.kernel;

/// How elements of an axis become one: their sum, product, largest or smallest. `MAX` and `MIN` are NaN where any is.
public enum ReduceFn { SUM, PROD, MAX, MIN }
