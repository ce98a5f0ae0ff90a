package dev.caviar.nn.data;

import dev.caviar.nn.format.AtomicFile;
import dev.caviar.nn.format.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.zip.GZIPInputStream;

/// Fetches a gzip file from the first mirror that has it right, into a folder, all or nothing.
///
/// No more bytes are taken than the uncompressed content has (and a little for the wrapper), a mirror that is silent for
/// `patience` is given up, and the file appears in the folder only when its content has the expected SHA-256.
record Download(List<URI> mirrors, Duration patience, Progress progress) {
    private static final Duration CONNECT = Duration.ofSeconds(10);
    private static final long WRAPPER = 1 << 16;

    /// Why each mirror failed, a line each.
    static final class Failed extends Exception {
        private static final long serialVersionUID = 1;

        private Failed(String reasons) {
            super(reasons);
        }
    }

    Path fetch(Known.File file, Path folder) throws Failed {
        var target = folder.resolve(file.name() + ".gz");
        var reasons = new ArrayList<String>();
        for (var mirror : mirrors) {
            var address = mirror.resolve(target.getFileName().toString());
            try (var client = HttpClient.newBuilder().connectTimeout(CONNECT).followRedirects(HttpClient.Redirect.NORMAL).build()) {
                AtomicFile.write(target, out -> {
                    try {
                        receive(client, address, file, out);
                        verify(out, file);
                    } catch (IOException e) {
                        throw new DataException(reason(e), "Maybe try again.", e);
                    } finally {
                        client.shutdownNow();
                    }
                });
                return target;
            } catch (DataException e) {
                reasons.add(address + ": " + e.getMessage().lines().findFirst().orElse(""));
            }
        }
        throw new Failed(String.join("\n", reasons));
    }

    private static String reason(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnresolvedAddressException) {
                return "the server's name is not known";
            }
        }
        var cause = e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e;
        if (cause.getMessage() != null) {
            return cause.getMessage();
        }
        return cause instanceof ConnectException ? "no connection" : cause.getClass().getSimpleName();
    }

    private void receive(HttpClient client, URI address, Known.File file, FileChannel out) throws IOException {
        var sink = new Sink(out, file, progress);
        var request = HttpRequest.newBuilder(address).timeout(patience).header("User-Agent", "caviar").build();
        var answer = client.sendAsync(request, info -> {
            sink.total = info.headers().firstValueAsLong("Content-Length").orElse(-1);
            return info.statusCode() == 200 ? sink : HttpResponse.BodySubscribers.replacing(-1L);
        });
        long before = -1;
        while (true) {
            try {
                var response = answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
                if (response.statusCode() != 200) {
                    throw new IOException("the server answered " + response.statusCode());
                }
                return;
            } catch (TimeoutException e) {
                if (sink.done == before) {
                    answer.cancel(true);
                    throw new IOException("no data for " + patience.toSeconds() + " s", e);
                }
                before = sink.done;
            } catch (ExecutionException e) {
                throw new IOException(reason(e), e);
            } catch (InterruptedException e) {
                answer.cancel(true);
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
        }
    }

    private static void verify(FileChannel out, Known.File file) throws IOException {
        out.position(0);
        var digest = Hash.sha256();
        long length = 0;
        // Not closed: the channel is the caller's.
        InputStream in = new GZIPInputStream(Channels.newInputStream(out), 1 << 16);
        var chunk = new byte[1 << 16];
        for (int read = in.read(chunk); read >= 0 && length <= file.bytes(); read = in.read(chunk)) {
            digest.update(chunk, 0, read);
            length += read;
        }
        var found = Hash.hex(digest);
        if (length != file.bytes() || !found.equals(file.sha256())) {
            throw new IOException("the content is not " + file.name() + "'s: SHA-256 " + found + ", not " + file.sha256());
        }
    }

    /// Writes what arrives to the file, up to the bound.
    private static final class Sink implements HttpResponse.BodySubscriber<Long> {
        private final CompletableFuture<Long> result = new CompletableFuture<>();
        private final FileChannel out;
        private final Known.File file;
        private final Progress progress;
        private volatile long done;
        private volatile long total = -1;
        private Flow.Subscription subscription;

        private Sink(FileChannel out, Known.File file, Progress progress) {
            this.out = out;
            this.file = file;
            this.progress = progress;
            this.subscription = new Flow.Subscription() {
                @Override
                public void request(long n) {}

                @Override
                public void cancel() {}
            };
        }

        @Override
        public CompletionStage<Long> getBody() {
            return result;
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            this.subscription = subscription;
            subscription.request(1);
        }

        @Override
        public void onNext(List<ByteBuffer> items) {
            try {
                long count = done;
                for (var item : items) {
                    count += item.remaining();
                    if (count > file.bytes() + WRAPPER) {
                        throw new IOException("more than " + (file.bytes() + WRAPPER) + " bytes");
                    }
                    while (item.hasRemaining()) {
                        out.write(item);
                    }
                }
                done = count;
                progress.update(file.name(), count, total);
                subscription.request(1);
            } catch (IOException | RuntimeException e) {
                subscription.cancel();
                result.completeExceptionally(e);
            }
        }

        @Override
        public void onError(Throwable cause) {
            result.completeExceptionally(cause);
        }

        @Override
        public void onComplete() {
            result.complete(done);
        }
    }
}
