package dev.caviar.lab.plot;

/// One coordinate system of a [Sheet]: what a classifier of two numbers says in each place, the heights of a function of two numbers with
/// the ways that optimizers take on it, or lines over one number.
///
/// ```java
/// static Panel bowl() {
///     return Contours.of("a bowl", (x, y) -> x * x + y * y, -1, 1, -1, 1);
/// }
/// ```
public sealed interface Panel permits Chart, Contours, Regions { }
