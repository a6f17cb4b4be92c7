package io.cyphonic.engine.session;

class JcaCapsuleCipherTest extends CapsuleCipherContract {
    @Override
    CapsuleCipher newCipher() {
        return new JcaCapsuleCipher();
    }
}
