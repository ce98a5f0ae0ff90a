package dev.caviar.nn.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DownloadTest {
    private static final Duration PATIENT = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    private HttpServer server;
    private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
    private final CountDownLatch over = new CountDownLatch(1);
    private byte[] content;
    private Known.File file;

    @BeforeEach
    void serve() throws IOException {
        content = new byte[300_000];
        new Random(1).nextBytes(content);
        var digest = Hash.sha256();
        digest.update(content);
        file = new Known.File("x-idx", Hash.hex(digest), content.length);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
    }

    @AfterEach
    void stop() {
        over.countDown();
        server.stop(0);
    }

    private URI mirror(String name, byte[] answer) {
        server.createContext("/" + name + "/", exchange -> {
            asked.add(name);
            exchange.sendResponseHeaders(200, answer.length);
            try (var out = exchange.getResponseBody()) {
                out.write(answer);
            }
        });
        return address(name);
    }

    private URI address(String name) {
        return URI.create("http://" + InetAddress.getLoopbackAddress().getHostAddress() + ":" + server.getAddress().getPort() + "/" + name + "/");
    }

    private static byte[] gzip(byte[] content) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var zip = new GZIPOutputStream(out)) {
            zip.write(content);
        }
        return out.toByteArray();
    }

    private static byte[] changed(byte[] content) {
        var other = content.clone();
        other[1000]++;
        return other;
    }

    @Test
    void theFirstMirrorThatHasItRightIsTaken() throws Exception {
        var seen = Collections.synchronizedList(new ArrayList<Long>());
        var mirrors = List.of(address("missing"), mirror("page", "<html>".getBytes()), mirror("changed", gzip(changed(content))),
                mirror("good", gzip(content)), mirror("unused", gzip(content)));
        var got = new Download(mirrors, PATIENT, (name, done, total) -> seen.add(done)).fetch(file, folder.resolve("a/b"));
        assertThat(got).isEqualTo(folder.resolve("a/b/x-idx.gz"));
        assertThat(Files.readAllBytes(got)).isEqualTo(gzip(content));
        assertThat(asked).containsExactly("page", "changed", "good");
        assertThat(seen.getLast()).isEqualTo(Files.size(got));
    }

    @Test
    void everyFailureIsListedAndNothingIsLeft() throws IOException {
        var bomb = new byte[2_000_000];
        new Random(2).nextBytes(bomb);
        var mirrors = List.of(address("missing"), mirror("page", "<html>".getBytes()), mirror("changed", gzip(changed(content))),
                mirror("long", bomb), mirror("inflates", gzip(new byte[50_000_000])), mirror("cut", Arrays.copyOf(gzip(content), 99)));
        assertThatThrownBy(() -> new Download(mirrors, PATIENT, Progress.NONE).fetch(file, folder)).isInstanceOf(Download.Failed.class)
                .hasMessageContaining("/missing/x-idx.gz: the server answered 404").hasMessageContaining("/page/x-idx.gz: ")
                .hasMessageContaining("/changed/x-idx.gz: the content is not x-idx's").hasMessageContaining("/long/x-idx.gz: more than")
                .hasMessageContaining("/inflates/x-idx.gz: the content is not").hasMessageContaining("/cut/x-idx.gz: ");
        try (var left = Files.list(folder)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void aSilentMirrorIsGivenUp() throws Exception {
        server.createContext("/mute/", exchange -> {
            try {
                over.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        server.createContext("/stalls/", exchange -> {
            exchange.sendResponseHeaders(200, 1000);
            exchange.getResponseBody().write(new byte[10]);
            exchange.getResponseBody().flush();
            try {
                over.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        assertThatThrownBy(() -> new Download(List.of(address("mute"), address("stalls")), Duration.ofMillis(300), Progress.NONE)
                .fetch(file, folder)).isInstanceOf(Download.Failed.class).hasMessageContaining("/mute/").hasMessageContaining("/stalls/x-idx.gz: ");
    }

    @Test
    @Tag("shared")
    void mnistIsDownloadedCheckedAndKept() throws IOException {
        var shared = Path.of(System.getProperty("caviar.shared", "none"), "data/mnist");
        if (!Files.isDirectory(shared)) {
            System.out.println("skipped: no reference data at " + shared);
            Assumptions.abort();
        }
        server.createContext("/", exchange -> {
            asked.add(exchange.getRequestURI().getPath());
            var bytes = Files.readAllBytes(shared.resolve(exchange.getRequestURI().getPath().substring(1)));
            exchange.sendResponseHeaders(200, bytes.length);
            try (var out = exchange.getResponseBody()) {
                out.write(bytes);
            }
        });
        var source = DataSource.of("mnist").withPlaces(new Places(null, folder, folder.resolve("none"))).withPatience(PATIENT);
        var data = source.withMirrors(List.of(address("").resolve("/"))).load();
        assertThat(data.train().size()).isEqualTo(60_000);
        assertThat(asked).hasSize(4);
        var again = source.withMirrors(List.of()).load();
        assertThat(again.provenance()).isEqualTo(data.provenance());
        var kept = folder.resolve("data/mnist/t10k-labels-idx1-ubyte.gz");
        var labels = new GZIPInputStream(Files.newInputStream(kept)).readAllBytes();
        labels[100]++;
        Files.write(kept, gzip(labels));
        assertThatThrownBy(() -> source.withMirrors(List.of()).load()).hasMessageContaining("has been changed").hasMessageContaining("\nMaybe delete it");
    }
}
