package dev.caviar.bench;

/// The number formats by their names in options.
enum Precision { f32, bf16, f16 }
