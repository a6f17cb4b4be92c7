package io.cyphonic.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.cyphonic.engine.config.EngineConfig;
import io.cyphonic.engine.config.EngineConfig.CipherProvider;
import io.cyphonic.engine.config.EngineConfig.Mode;
import io.cyphonic.engine.config.EngineConfig.Offload;
import io.cyphonic.engine.config.EngineConfig.WaitKind;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.EnumSet;
import java.util.Set;

class RehearsalTest {
    private static EngineConfig config(Mode mode, Set<Offload> offloads) {
        return new EngineConfig(mode, 16, 1, WaitKind.BLOCKING, offloads, CipherProvider.AUTO, 16);
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void shouldPlayAllRoundsAndSeePacketsArriveWhenThereIsTime(Mode mode) {
        Rehearsal.Outcome outcome =
                Rehearsal.run(config(mode, EnumSet.allOf(Offload.class)), () -> true);

        assertThat(outcome.rounds()).isEqualTo(Rehearsal.ROUNDS);
        assertThat(outcome.arrivals()).isGreaterThan(Rehearsal.ROUNDS);
    }

    @Test
    void shouldSendWhatADeviceWithoutOffloadsIsGivenWhenTheyAreSwitchedOff() {
        Rehearsal.Outcome outcome =
                Rehearsal.run(config(Mode.ADAPTIVE, EnumSet.noneOf(Offload.class)), () -> true);

        assertThat(outcome.arrivals()).isGreaterThan(Rehearsal.ROUNDS);
    }

    @Test
    void shouldPlayNothingWhenItMayNotGoOn() {
        Rehearsal.Outcome outcome =
                Rehearsal.run(config(Mode.ADAPTIVE, EnumSet.allOf(Offload.class)), () -> false);

        assertThat(outcome.rounds()).isZero();
    }
}
