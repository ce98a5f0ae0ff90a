package dev.caviar.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeFilesTest {
    @TempDir
    Path folder;

    private List<NativeFiles.Entry> entries() throws IOException {
        var source = Files.createDirectories(folder.resolve("source/some/place"));
        Files.writeString(source.resolve("one.bin"), "first file");
        Files.writeString(source.resolve("two.bin"), "second file");
        try (var loader = new java.net.URLClassLoader(new java.net.URL[] {folder.resolve("source/").toUri().toURL()}, null)) {
            return NativeFiles.find(loader, "some/place", List.of("one.bin", "two.bin"));
        }
    }

    @Test
    void unpacksOnceUnderTheHashForTheUserAlone() throws IOException {
        var root = folder.resolve("cache/native");
        var target = NativeFiles.unpack(root, entries());
        assertThat(target.getParent()).isEqualTo(root);
        assertThat(target.getFileName().toString()).matches("[0-9a-f]{64}");
        assertThat(target.resolve("two.bin")).hasContent("second file");
        var written = Files.getLastModifiedTime(target.resolve("one.bin"));
        assertThat(NativeFiles.unpack(root, entries())).isEqualTo(target);
        assertThat(Files.getLastModifiedTime(target.resolve("one.bin"))).isEqualTo(written);
        if (Files.getFileStore(root).supportsFileAttributeView("posix")) {
            for (var path : List.of(root, target, target.resolve("one.bin"))) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path))).isEqualTo("rwx------");
            }
        }
        try (var left = Files.list(root)) {
            assertThat(left.map(p -> p.getFileName().toString()).toList()).containsExactlyInAnyOrder(".lock", target.getFileName().toString());
        }
    }

    @Test
    void damagedFilesAreUnpackedAgain() throws IOException {
        var root = folder.resolve("native");
        var target = NativeFiles.unpack(root, entries());
        Files.writeString(target.resolve("one.bin"), "first fil3");
        NativeFiles.unpack(root, entries());
        assertThat(target.resolve("one.bin")).hasContent("first file");
        Files.delete(target.resolve("two.bin"));
        NativeFiles.unpack(root, entries());
        assertThat(target.resolve("two.bin")).hasContent("second file");
    }

    @Test
    void otherContentGetsAnotherFolder() throws IOException {
        var root = folder.resolve("native");
        var first = NativeFiles.unpack(root, entries());
        var entries = new ArrayList<>(entries());
        Files.writeString(folder.resolve("source/some/place/one.bin"), "newer file");
        try (var loader = new java.net.URLClassLoader(new java.net.URL[] {folder.resolve("source/").toUri().toURL()}, null)) {
            var newer = NativeFiles.find(loader, "some/place", List.of("one.bin", "two.bin"));
            assertThat(NativeFiles.unpack(root, newer)).isNotEqualTo(first);
            assertThat(NativeFiles.find(loader, "some/place", List.of("three.bin"))).isNull();
        }
        // The old entries now point at content that is not theirs: nothing may be published.
        Files.delete(first.resolve("one.bin"));
        assertThatThrownBy(() -> NativeFiles.unpack(root, entries)).isInstanceOf(IOException.class).hasMessageContaining("checksum");
        assertThat(first).doesNotExist();
    }

    @Test
    void eightProcessesStartTogether() throws Exception {
        Assumptions.assumeTrue(Provider.best().name().equals("onednn"), () -> "no oneDNN here: " + Provider.best().why());
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var processes = new ArrayList<Process>();
        for (int i = 0; i < 8; i++) {
            var builder = new ProcessBuilder(java, "-Xmx64m", "--enable-native-access=ALL-UNNAMED", "--add-modules", "jdk.incubator.vector",
                    "-cp", System.getProperty("java.class.path"), Probe.class.getName()).redirectErrorStream(true);
            builder.environment().put("CAVIAR_CACHE", folder.resolve("cache").toString());
            processes.add(builder.start());
        }
        for (var process : processes) {
            var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(text).isZero();
            assertThat(text).contains("onednn").contains(folder.toString());
        }
        try (var left = Files.list(folder.resolve("cache/native"))) {
            assertThat(left.map(p -> p.getFileName().toString()).filter(n -> !n.equals(".lock")).toList()).hasSize(1);
        }
    }

    /// What each of the processes runs.
    static final class Probe {
        private Probe() {}

        public static void main(String[] args) {
            System.out.println(Diagnosis.now().lines());
        }
    }

    @Test
    void theCacheFolderFollowsTheEnvironment() {
        assertThat(CacheFolder.path(Map.of("CAVIAR_CACHE", "/a/b", "XDG_CACHE_HOME", "/x", "HOME", "/h"), "/u")).isEqualTo(Path.of("/a/b"));
        assertThat(CacheFolder.path(Map.of("CAVIAR_CACHE", "", "XDG_CACHE_HOME", "/x", "HOME", "/h"), "/u")).isEqualTo(Path.of("/x/caviar"));
        assertThat(CacheFolder.path(Map.of("XDG_CACHE_HOME", "relative", "HOME", "/h"), "/u")).isEqualTo(Path.of("/h/.cache/caviar"));
        assertThat(CacheFolder.path(Map.of(), "/u")).isEqualTo(Path.of("/u/.cache/caviar"));
    }

    @Test
    void platformsCarryTheJarsNames() {
        assertThat(DnnlLibrary.platform("Linux", "amd64")).isEqualTo("linux-x86_64");
        assertThat(DnnlLibrary.platform("Linux", "aarch64")).isEqualTo("linux-arm64");
        assertThat(DnnlLibrary.platform("Mac OS X", "aarch64")).isEqualTo("macosx-arm64");
        assertThat(DnnlLibrary.platform("Windows 11", "amd64")).isEqualTo("windows-x86_64");
        assertThat(DnnlLibrary.platform("Linux", "riscv64")).isNull();
        assertThat(DnnlLibrary.files("macosx-arm64")).containsExactly("libomp.dylib", "libdnnl.3.dylib");
    }
}
