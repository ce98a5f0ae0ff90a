package dev.caviar.engine.tensor;

import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// A named function of tensors that a [Call] stands for. A routine of the machine may take its place; everything else
/// (gradients, other transforms) uses the function itself.
///
/// An enum constant or a record, never a lambda: calls are compared by their bodies.
///
/// ```java
/// enum Gate implements Body {
///     SWISH;
///
///     public String label() { return "swish"; }
///     public List<Tensor> apply(List<Tensor> in) { return List.of(in.get(0).mul(in.get(0).sigmoid())); }
///     public List<Sample> samples() { return List.of(Sample.of(Type.of(DType.F32, 3))); }
/// }
/// ```
public interface Body {
    String label();

    List<Tensor> apply(List<Tensor> in);

    /// Whether more axes in front of every input are just more examples: a call for K trials at once is then one call of
    /// the same body.
    default boolean leading() {
        return false;
    }

    /// How a call of it takes part in mixed precision.
    default Precision precision() {
        return Precision.FULL;
    }

    /// This body with further outputs that its gradient reads, so that it need not compute them again.
    default Body recording() {
        return this;
    }

    /// A gradient of its own, where one is faster than differentiating the ops: takes the inputs, the outputs, and the gradients
    /// of those outputs for which `given` is true, and gives the gradients of the inputs. Null: the ops are differentiated.
    /// `pullback` differentiates a body's ops: from its inputs and the gradients of all its outputs.
    default @Nullable Body gradient(List<Boolean> given, UnaryOperator<Body> pullback) {
        return null;
    }

    /// Inputs on which a call of it is tested.
    List<Sample> samples();
}
