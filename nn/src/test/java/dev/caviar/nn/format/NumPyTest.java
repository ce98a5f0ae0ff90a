package dev.caviar.nn.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.stream.LongStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class NumPyTest {
    // Written by NumPy 2.
    private static final String F4 = "k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAACAPgAAAD8AAEA/AACAPwAAoD8=";
    private static final String BIG_ENDIAN = "k05VTVBZAQB2AHsnZGVzY3InOiAnPmk0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDMsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAr/////AAAAAAAAAAE=";
    private static final String FORTRAN = "k05VTVBZAQB2AHsnZGVzY3InOiAnPGY4JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMywgMiksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAAAAAAAAABhAAAAAAAAAAEAAAAAAAAAgQAAAAAAAABBAAAAAAAAAJEAAAAAAAADwPwAAAAAAABxAAAAAAAAACEAAAAAAAAAiQAAAAAAAABRAAAAAAAAAJkA=";
    private static final String VERSION_2 = "k05VTVBZAgB0AAAAeydkZXNjcic6ICc8aTgnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoHAAAAAAAAAA==";
    private static final String BOOLS = "k05VTVBZAwB0AAAAeydkZXNjcic6ICd8YjEnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMywpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoBAAE=";
    private static final String HALVES = "k05VTVBZAwB0AAAAeydkZXNjcic6ICc8ZjInLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAPgDA";
    private static final String ARCHIVE = "UEsDBC0AAAAIAAAAIQC7oepL//////////8FABQAeC5ucHkBABAASAEAAAAAAABKAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loF5Taqiuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GqYGOgommjoKtQrkAi7mYQIAUEsDBC0AAAAIAAAAIQD3QBLq//////////8FABQAeS5ucHkBABAAmAAAAAAAAABMAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TaaGuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GsY6mjoKtQoUAC4GKGCE0kxQGgBQSwECLQMtAAAACAAAACEAu6HqS0oAAABIAQAABQAAAAAAAAAAAAAAgAEAAAAAeC5ucHlQSwECLQMtAAAACAAAACEA90AS6kwAAACYAAAABQAAAAAAAAAAAAAAgAGBAAAAeS5ucHlQSwUGAAAAAAIAAgBmAAAABAEAAAAA";

    @TempDir
    Path folder;

    private Path file(byte[] content) throws IOException {
        return Files.write(folder.resolve("x.npy"), content);
    }

    private Buffer read(String base64) throws IOException {
        return NumPy.read(file(Base64.getDecoder().decode(base64)));
    }

    private static double[] values(Buffer buffer) {
        return LongStream.range(0, buffer.size()).mapToDouble(buffer::at).toArray();
    }

    @Test
    void readsWhatNumPyWrote() throws IOException {
        assertThat(read(F4).type()).isEqualTo(Type.of(DType.F32, 2, 3));
        assertThat(values(read(F4))).containsExactly(0, 0.25, 0.5, 0.75, 1, 1.25);
        assertThat(values(read(VERSION_2))).containsExactly(7);
        assertThat(read(VERSION_2).type()).isEqualTo(Type.of(DType.I64));
        assertThat(read(BOOLS).type()).isEqualTo(Type.of(DType.BOOL, 3));
        assertThat(values(read(BOOLS))).containsExactly(1, 0, 1);
        assertThat(values(read(HALVES))).containsExactly(1.5, -2);
    }

    @Test
    void bringsEveryOrderIntoTheMachines() throws IOException {
        assertThat(values(read(BIG_ENDIAN))).containsExactly(-1, 0, 1);
        assertThat(values(read(FORTRAN))).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    }

    @Test
    void readsAnArchive() throws IOException {
        var arrays = NumPy.readArchive(file(Base64.getDecoder().decode(ARCHIVE)));
        assertThat(arrays.keySet()).containsExactly("x", "y");
        assertThat(arrays.get("x").type()).isEqualTo(Type.of(DType.U8, 50, 4));
        assertThat(arrays.get("x").at(199)).isEqualTo(3);
        assertThat(values(arrays.get("y"))).containsExactly(0, 1, 2);
    }

    @Test
    void writesTheBytesThatNumPyWrites() throws IOException {
        var array = Buffer.allocate(Type.of(DType.F32, 2, 3));
        for (int i = 0; i < 6; i++) {
            array.set(i, i / 4.0);
        }
        NumPy.write(folder.resolve("w.npy"), array);
        assertThat(Files.readAllBytes(folder.resolve("w.npy"))).isEqualTo(Base64.getDecoder().decode(F4));
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, mode = EnumSource.Mode.EXCLUDE, names = "BF16")
    void comesBackAsItWas(DType dtype) {
        for (var type : new Type[] {Type.of(dtype), Type.of(dtype, 5), Type.of(dtype, 2, 0), Type.of(dtype, 2, 1, 3)}) {
            var array = Buffer.allocate(type);
            for (int i = 0; i < array.size(); i++) {
                array.set(i, i % 2 + (dtype == DType.BOOL ? 0 : i));
            }
            NumPy.write(folder.resolve("t.npy"), array);
            var back = NumPy.read(folder.resolve("t.npy"));
            assertThat(back.type()).isEqualTo(type);
            assertThat(values(back)).isEqualTo(values(array));
        }
    }

    @Test
    void bfloatIsRefused() {
        assertThatThrownBy(() -> NumPy.write(folder.resolve("b.npy"), Buffer.allocate(Type.of(DType.BF16, 2))))
                .isInstanceOf(DataException.class).hasMessageContaining("BF16");
        assertThat(folder.resolve("b.npy")).doesNotExist();
    }

    private static byte[] header(String dict) {
        var text = dict.getBytes(StandardCharsets.US_ASCII);
        var out = new byte[10 + text.length];
        System.arraycopy(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (byte) text.length, 0}, 0, out, 0, 10);
        System.arraycopy(text, 0, out, 10, text.length);
        return out;
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4000000000, 4000000000), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
        "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
        "{}", "nonsense"})
    void aFalseHeaderIsAnErrorBeforeMemoryIsAskedFor(String dict) throws IOException {
        var file = file(header(dict));
        assertThatThrownBy(() -> NumPy.read(file)).isInstanceOf(DataException.class).hasMessageContaining("x.npy")
                .hasMessageContaining("\nMaybe ");
    }

    @Test
    void everyTruncationIsAnError() throws IOException {
        var whole = Base64.getDecoder().decode(F4);
        for (int length = 0; length < whole.length; length++) {
            var file = file(Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> NumPy.read(file)).isInstanceOf(DataException.class);
        }
        var longer = file(Arrays.copyOf(whole, whole.length + 1));
        assertThatThrownBy(() -> NumPy.read(longer)).hasMessageContaining("more bytes");
        assertThatThrownBy(() -> NumPy.read(folder.resolve("none.npy"))).hasMessageContaining("no such file");
        assertThatThrownBy(() -> NumPy.readArchive(folder.resolve("none.npz"))).hasMessageContaining("no such file");
        assertThatThrownBy(() -> NumPy.readArchive(longer)).isInstanceOf(DataException.class);
    }

    @Test
    void anArchiveCannotClaimMoreThanItHolds() throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("x.npy"));
            zip.write(header("{'descr': '<f4', 'fortran_order': False, 'shape': (100000,), }"));
            zip.closeEntry();
        }
        var file = file(bytes.toByteArray());
        assertThatThrownBy(() -> NumPy.readArchive(file)).isInstanceOf(DataException.class).hasMessageContaining("400000 bytes");
    }
}
