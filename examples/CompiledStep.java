import dev.caviar.engine.compile.*;
import dev.caviar.engine.grad.*;
import dev.caviar.engine.graph.*;
import dev.caviar.engine.memory.*;
import dev.caviar.engine.tensor.*;
import java.util.List;
import java.util.Map;

/// A training step as one program: forward, backward and update are traced once, rewritten, fused, planned in one piece of memory and
/// then run again and again. The program prints what it will do, and where its time went.
///
/// `./caviar run examples/CompiledStep.java`
void main() {
    var x = Type.of(DType.F32, 64, 20);
    var y = Type.of(DType.F32, 64, 1);
    var w = Type.of(DType.F32, 20, 1);
    var step = Trace.of(in -> Gradient.tape(tape -> {
        var weight = in.get(2);
        tape.watch(weight);
        var loss = in.get(0).matmul(weight).sub(in.get(1)).square().mean();
        var slope = tape.gradient(loss, weight);
        return List.of(weight.sub(slope.mul(0.1)), loss.stopGradient());
    }), x, y, w).withDonated(Map.of(2, 0)); // the new weight lies where the old one was

    for (var stage : Compiler.stages(step, Options.of())) {
        IO.println(stage.pass() + ": " + stage.graph().nodes().size() + " ops");
    }
    var input = Random.normal(Random.key(1), 64, 20);
    var truth = Random.normal(Random.key(2), 20, 1);
    var weight = Buffer.allocate(w);
    var loss = Buffer.allocate(Type.of(DType.F32));
    var in = List.of(input.array().buffer(), input.matmul(truth).array().buffer(), weight);
    try (var program = Compiler.compile(step, Options.of()); var profile = program.profile()) {
        IO.println(program.plan().print());
        for (int i = 0; i < 300; i++) {
            program.run(in, List.of(weight, loss));
        }
        IO.println(profile.print());
    }
    IO.println("loss after 300 steps: " + loss.at(0));
}
