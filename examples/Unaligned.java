// Tones of unknown lengths with pauses and noise, of which only the order is known: connectionist temporal classification finds where they are.
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.GRU;
import dev.caviar.nn.loss.Ctc;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

static final int STEPS = 24, TONES = 4, MOST = 5;

void main() {
    Examples train = melodies(600, 1), held = melodies(100, 2);
    var ctc = Ctc.of(false);                                        // class 0 is the blank
    var model = Model.of(GRU.of(32).withReturnSequences(true), Dense.of(1 + TONES, "softmax")).compile(Adam.of(0.01), ctc);
    model.build(STEPS, TONES);
    IO.println("read right before: %d of 100".formatted(right(model, ctc, held)));
    model.fit(train, Fit.of().withEpochs(30).withBatch(50).withVerbosity(Verbosity.SILENT));
    IO.println("read right after: %d of 100".formatted(right(model, ctc, held)));

    var first = Tensor.wrap(model.predict(held.x())).slice(0, 0, 1);
    IO.println("step by step  " + Arrays.toString(first.argmax(2).toLongs()));
    IO.println("says          " + ctc.decode(first).getFirst());
    IO.println("was           " + tones(held, 0));
}

// [n, steps, tones] of noise with a tone at a time in it, and the tones in their order, filled up with zeros.
Examples melodies(int n, long seed) {
    var random = new SplittableRandom(seed);
    var x = Buffer.allocate(Type.of(DType.F32, n, STEPS, TONES));
    var y = Buffer.allocate(Type.of(DType.I64, n, MOST));
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < STEPS * TONES; k++) x.set((long) i * STEPS * TONES + k, 0.2 * random.nextGaussian());
        int step = random.nextInt(3);
        for (int k = 0; k < MOST && step < STEPS - 4; k++) {
            int tone = random.nextInt(TONES);
            y.setLong((long) i * MOST + k, 1 + tone);
            for (int length = 2 + random.nextInt(3); length > 0; length--, step++) {
                long at = ((long) i * STEPS + step) * TONES + tone;
                x.set(at, x.at(at) + 1);
            }
            step += 1 + random.nextInt(3);
        }
    }
    return Examples.of(x, y);
}

int right(Model model, Ctc ctc, Examples melodies) {
    var said = ctc.decode(Tensor.wrap(model.predict(melodies.x())));
    return (int) IntStream.range(0, said.size()).filter(i -> said.get(i).equals(tones(melodies, i))).count();
}

List<Integer> tones(Examples melodies, int i) {
    var tones = new ArrayList<Integer>();
    for (int k = 0; k < MOST; k++) {
        int tone = (int) melodies.y().longAt((long) i * MOST + k);
        if (tone > 0) tones.add(tone);
    }
    return tones;
}
