package io.cyphonic.signaling.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** The bytes of instructions; what they do is asked of the kernel in {@link FlowSteeringTest}. */
class BpfProgramTest {
    @Test
    void shouldEncodeOpcodeRegistersOffsetAndConstant() {
        long[] program =
                new BpfProgram()
                        .jumpIfNotEqual(3, 0x1234, "end")
                        .set(BpfProgram.RESULT, -1)
                        .label("end")
                        .exit()
                        .build();

        // r6 = r1; if r3 != 0x1234 goto +1; w0 = -1; exit
        assertThat(program)
                .containsExactly(
                        0x00000000_0000_16_bfL,
                        0x00001234_0001_03_55L,
                        0xffffffff_0000_00_b4L,
                        0x00000000_0000_00_95L);
    }

    @Test
    void shouldRefuseToBuildWhenALabelIsMissingOrBehind() {
        BpfProgram missing = new BpfProgram().jump("nowhere").exit();
        BpfProgram behind = new BpfProgram().label("loop").set(0, 0).jump("loop").exit();

        assertThatThrownBy(missing::build).hasMessageContaining("nowhere");
        assertThatThrownBy(behind::build).hasMessageContaining("loop");
        assertThatThrownBy(() -> behind.label("loop")).hasMessageContaining("two labels loop");
    }
}
