package dev.caviar.nn.layer;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Tensor;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// What a layer asks for its parameters, state, scalars and random keys, under the layer's own path.
///
/// ```java
/// record Bias() implements UnaryLayer {
///     public Tensor apply(Scope s, Tensor x) {
///         return x.add(s.param("bias", Shape.of(x.shape().dim(-1)), Init.zeros()));
///     }
/// }
/// ```
public interface Scope {
    /// A tensor that training changes. The first use makes it by `init`; a shape that differs later throws
    /// [dev.caviar.engine.tensor.ShapeException].
    Tensor param(String name, Shape shape, Init init);

    /// A tensor that the layer itself changes, by [#update].
    Tensor state(String name, Shape shape, Init init);

    /// The value that a state has after this step.
    void update(String name, Tensor value);

    /// A number that may change from step to step, such as a dropout rate: an input of the step, never a constant in it.
    Tensor scalar(String name, double value);

    /// A random key of its own for each call, layer and step.
    Tensor key();

    /// A state of zeros that the layer hands on from batch to batch by [#update], and that begins anew with each epoch.
    default Tensor carried(String name, Shape shape) {
        return state(name, shape, Init.zeros());
    }

    /// Which steps count in all of the layer's inputs that have a mask: BOOL `[examples, steps]`; null where none has.
    @Nullable Tensor mask();

    /// Which steps of x count, for layers of several inputs.
    @Nullable Tensor mask(Tensor x);

    /// Says which steps of the layer's output count, null for all of them. A layer that says nothing hands the mask of its input on
    /// wherever its output still has these steps, and axes after them.
    void pass(@Nullable Tensor mask);

    /// A term that is added to the loss, such as λΣw².
    void penalty(Tensor value);

    /// The same scope; `rule` is told of each parameter that layers ask for in it, once, by its path from here.
    Scope seeing(BiConsumer<String, Tensor> rule);

    /// What a parameter must be after each step of training.
    void constrain(String name, Constraint constraint);

    /// The scope of a part.
    Scope child(String name);

    /// Applies a part under its name; errors in it tell which part it was.
    Tensor call(String name, Layer layer, Tensor... x);

    /// The same with all of its outputs.
    default List<Tensor> callAll(String name, Layer layer, Tensor... x) {
        return List.of(call(name, layer, x));
    }

    /// Applies a part without keeping what it computes inside: gradients compute it once more. The same values in less memory and
    /// more time (see [dev.caviar.engine.grad.Gradient#recompute]).
    default Tensor recompute(UnaryOperator<Tensor> part, Tensor x) {
        return part.apply(x);
    }

    /// Whether this is a step of training: dropout drops, batch norm uses the batch.
    boolean training();

    /// Whether training changes the parameters here; a frozen batch norm behaves as at inference.
    default boolean trainable() {
        return true;
    }

    /// What parameters are made of.
    DType dtype();
}
