package io.cyphonic.signaling.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.nio.ByteOrder;
import java.util.List;

class NativeSelfCheckTest {
    @Test
    void shouldPassWhenTheLayoutsAreThoseOfThisKernel() {
        assertThatCode(NativeSelfCheck::ensurePassed).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({"Linux,riscv64", "Mac OS X,aarch64", "Windows 11,amd64"})
    void shouldNameThePlatformWhenItIsNotKnown(String system, String architecture) {
        assertThatThrownBy(
                        () ->
                                NativeSelfCheck.checkPlatform(
                                        system, architecture, ByteOrder.LITTLE_ENDIAN))
                .isInstanceOf(NativeException.class)
                .hasMessageContaining(system)
                .hasMessageContaining(architecture);
    }

    @Test
    void shouldFindCapabilitiesOfThisHost() throws Exception {
        HostCapabilities host = HostCapabilities.probe();

        assertThat(host.kernel().isAtLeast(4, 0)).isTrue();
        assertThat(host.kernel().isAtLeast(1_000, 0)).isFalse();
    }

    @Test
    void shouldReadUserAndCapabilitiesWhenGivenAStatusFile() {
        List<String> status =
                List.of("Name:\tjava", "Uid:\t1000\t0\t1000\t1000", "CapEff:\t0000000000001000");

        assertThat(HostCapabilities.effectiveUser(status)).isZero();
        assertThat(HostCapabilities.effectiveCapabilities(status)).isEqualTo(1L << 12);
        assertThat(HostCapabilities.effectiveUser(List.of())).isEqualTo(-1);
    }

    @ParameterizedTest
    @CsvSource({"6.18.4-cloud,6,18", "5.4,5,4", "6.1.0-18-amd64,6,1", "odd,0,0", "'',0,0"})
    void shouldReadTheVersionWhenTheReleaseIs(String release, int major, int minor) {
        KernelVersion version = KernelVersion.parse(release);

        assertThat(version.major()).isEqualTo(major);
        assertThat(version.minor()).isEqualTo(minor);
    }

    @Test
    void shouldNameErrorsOfEitherSign() {
        assertThat(Errno.name(-11)).isEqualTo("EAGAIN");
        assertThat(Errno.name(98)).isEqualTo("EADDRINUSE");
        assertThat(Errno.name(4242)).isEqualTo("errno 4242");
    }
}
