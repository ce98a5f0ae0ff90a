package dev.caviar.engine.tensor;

/// An op of the user's own: every pass carries it along as it is, and only its own rules are used.
public non-sealed interface CustomOp extends Op {}
