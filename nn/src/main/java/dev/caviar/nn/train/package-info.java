/// Models: layers with their weights, trained, evaluated, asked and saved.
@NullMarked
package dev.caviar.nn.train;

import org.jspecify.annotations.NullMarked;
