package io.cyphonic.engine;

import io.cyphonic.engine.config.EngineConfig.CipherProvider;
import io.cyphonic.engine.pipeline.EngineTuning;
import io.cyphonic.engine.session.JcaCapsuleCipher;
import io.cyphonic.engine.session.NativeCapsuleCipher;
import io.cyphonic.signaling.aead.AesGcm;
import io.cyphonic.signaling.os.MultiBufferAesGcm;

import java.util.Optional;

/**
 * Who encrypts packets on this machine.
 *
 * @param description for people
 * @param tuning of an engine that uses it
 */
record PacketCiphers(String description, EngineTuning tuning) {
    /** What the configuration allows and the machine has. */
    static PacketCiphers of(CipherProvider provider) {
        Optional<AesGcm> library =
                provider == CipherProvider.AUTO ? MultiBufferAesGcm.find() : Optional.empty();
        EngineTuning tuning = EngineTuning.defaults();
        return library.map(
                        found ->
                                new PacketCiphers(
                                        found.description(),
                                        tuning.withCiphers(() -> new NativeCapsuleCipher(found))))
                .orElseGet(
                        () ->
                                new PacketCiphers(
                                        "Java platform",
                                        tuning.withCiphers(JcaCapsuleCipher::new)));
    }
}
