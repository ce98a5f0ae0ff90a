/// The `caviar` command.
@NullMarked
package dev.caviar.app;

import org.jspecify.annotations.NullMarked;
