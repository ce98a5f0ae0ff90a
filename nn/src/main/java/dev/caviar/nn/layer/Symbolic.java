package dev.caviar.nn.layer;

import java.util.List;

/// A tensor that a functional model will have: an [Input], or what a layer gives for others. Made by [Layer#on].
///
/// ```java
/// Symbolic x = Input.of("image", 28, 28);
/// Symbolic h = Dense.of(64, "relu").on(Flatten.of().on(x));
/// ```
public sealed interface Symbolic permits Input, Symbolic.Applied {
    /// Output `output` of a layer on other tensors.
    ///
    /// ```java
    /// var y = (Symbolic.Applied) Dense.of(3).on("scores", Input.of(8));
    /// String name = y.call().name();      // scores
    /// ```
    record Applied(Call call, int output) implements Symbolic {
        @Override
        public boolean equals(Object other) {
            return other instanceof Applied(var c, int o) && c == call && o == output;
        }

        @Override
        public int hashCode() {
            return 31 * System.identityHashCode(call) + output;
        }
    }

    /// One use of a layer. The name is empty where none was given.
    ///
    /// ```java
    /// var use = new Symbolic.Call("head", Dense.of(3), List.of(Input.of(8)));
    /// ```
    record Call(String name, Layer layer, List<Symbolic> in) {
        public Call {
            in = List.copyOf(in);
        }
    }
}
