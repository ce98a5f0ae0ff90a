package dev.caviar.engine.grad;

import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Body;
import dev.caviar.engine.tensor.Call;
import dev.caviar.engine.tensor.Precision;
import dev.caviar.engine.tensor.Sample;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.View;
import java.util.ArrayList;
import java.util.List;

/// The gradients of a body's inputs: takes the `inputs` inputs followed by the gradients of the outputs.
record Pullback(Body body, int inputs) implements Body {
    @Override
    public String label() {
        return "gradient of " + body.label();
    }

    @Override
    public List<Tensor> apply(List<Tensor> in) {
        var xs = in.subList(0, inputs);
        return Gradient.tape(tape -> {
            var watched = new ArrayList<Tensor>();
            for (var x : xs) {
                // An alias, so that the same tensor given twice has two gradients.
                watched.add(x.dtype().isFloat() ? new View.Reshape(x.shape()).on(x) : x);
            }
            var floats = watched.stream().filter(x -> x.dtype().isFloat()).toList();
            tape.watch(floats.toArray(Tensor[]::new));
            var found = tape.gradient(body.apply(watched), in.subList(inputs, in.size()), floats);
            var out = new ArrayList<Tensor>();
            int next = 0;
            for (var x : watched) {
                out.add(x.dtype().isFloat() ? found.get(next++) : Tensor.full(0, x.type()));
            }
            return out;
        });
    }

    @Override
    public boolean leading() {
        return body.leading();
    }

    @Override
    public Precision precision() {
        return body.precision();
    }

    @Override
    public List<Sample> samples() {
        return body.samples().stream().map(sample -> {
            var types = new ArrayList<Type>(sample.in());
            types.addAll(new Call(body).infer(sample.in()));
            return new Sample(types, sample.low(), sample.high(), sample.error());
        }).toList();
    }
}
