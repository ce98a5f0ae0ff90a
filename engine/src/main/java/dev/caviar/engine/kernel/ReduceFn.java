package dev.caviar.engine.kernel;

/// How elements of an axis become one: their sum, product, largest or smallest. `MAX` and `MIN` are NaN where any is.
///
/// ```java
/// Tensor largest = new Reduce(ReduceFn.MAX, List.of(0)).on(Tensor.of(1f, 5f, 2f));     // 5
/// ```
public enum ReduceFn { SUM, PROD, MAX, MIN }
