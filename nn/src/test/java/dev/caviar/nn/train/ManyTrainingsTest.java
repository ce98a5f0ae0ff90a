package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Pool;
import dev.caviar.engine.memory.Type;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Dense;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// 200 trainings in one process run at flat memory.
class ManyTrainingsTest {
    private static final long MEBIBYTE = 1 << 20;

    /// A model of half a MiB, with several times that for the optimizer's slots and the step's arena.
    private static void train(int seed) {
        var x = Buffer.allocate(Type.of(DType.F32, 64, 256));
        var y = Buffer.allocate(Type.of(DType.I64, 64));
        for (int i = 0; i < 64; i++) {
            x.set(256L * i + i, 1 + seed % 3);
            y.setLong(i, i % 10);
        }
        var fit = Fit.of().withBatch(32).withSeed(seed).withVerbosity(Verbosity.SILENT).withReplicas(Replicas.of(1 + seed % 2));
        Model.of(Dense.of(512, "relu"), Dense.of(10, "softmax")).withSeed(seed).compile("adam", "sparse_categorical_crossentropy")
                .fit(Examples.of(x, y), fit);
    }

    @Test
    void areFlat() throws Exception {
        int done = 0;
        for (; done < 60; done++) {
            train(done);
        }
        long pooled = collected(0);
        long others = residentBesidesPool();
        int threads = Thread.getAllStackTraces().size();
        for (; done < 200; done++) {
            train(done);
        }
        assertThat(collected(pooled + 4 * MEBIBYTE) - pooled).as("bytes of buffers in use").isLessThan(8 * MEBIBYTE);
        assertThat(residentBesidesPool() - others).as("resident bytes more after 140 trainings of about 3 MiB").isLessThan(120 * MEBIBYTE);
        assertThat(Thread.getAllStackTraces().size()).isLessThanOrEqualTo(threads + 4);
    }

    /// What is still in use when no more is given back, or as soon as it is no more than `enough`. Blocks come back on a thread of the
    /// collector's own, at its leisure where the machine is busy: collecting alone proves nothing, however often.
    private static long collected(long enough) throws InterruptedException {
        long least = Long.MAX_VALUE;
        for (int tries = 0; tries < 100 && least > enough; tries++) {
            System.gc();
            Thread.sleep(30);
            least = Math.min(least, Pool.shared().bytesInUse());
        }
        return least;
    }

    /// What the process holds but for blocks that the pool keeps for reuse, up to its bound; both are 0 where the system does not say.
    private static long residentBesidesPool() throws IOException {
        return Math.max(0, resident() - Pool.shared().bytesIdle());
    }

    /// 0 where the system does not say.
    private static long resident() throws IOException {
        var status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return 0;
        }
        return Files.readAllLines(status).stream().filter(line -> line.startsWith("VmRSS:")).findFirst()
                .map(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024).orElse(0L);
    }
}
