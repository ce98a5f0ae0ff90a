/// Stateless CPU routines over native memory: loops in Java and with the Vector API, matrix products by oneDNN, random
/// bits, and the threads of one step.
@NullMarked
package dev.caviar.engine.kernel;

import org.jspecify.annotations.NullMarked;
