/// Reference vectors: what layers, losses, optimizers, schedules and metrics give, against what other frameworks give.
@NullMarked
package dev.caviar.app.check;

import org.jspecify.annotations.NullMarked;
