package io.cyphonic.engine.control.cloud;

import io.cyphonic.engine.control.CloudLogin;
import io.cyphonic.signaling.credential.AuthenticationClient;
import io.cyphonic.signaling.credential.AuthenticationResult;
import io.cyphonic.signaling.credential.NodeKeys;
import io.cyphonic.signaling.protocol.sbe.Status;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Supplier;

/** The login over TLS, with the node's newest certificate. */
public final class AuthenticationLogin implements CloudLogin {
    private final AuthenticationClient client;
    private final List<InetSocketAddress> cloud;
    private final byte[] caCertificate;
    private final NodeKeys keys;
    private final Supplier<byte[]> certificate;

    /**
     * Logs in at one of the cloud's addresses.
     *
     * @param cloud TCP addresses of the AS, tried in order
     * @param caCertificate of the cloud, X.509 DER
     * @param certificate the node's newest one, X.509 DER
     */
    public AuthenticationLogin(
            AuthenticationClient client,
            List<InetSocketAddress> cloud,
            byte[] caCertificate,
            NodeKeys keys,
            Supplier<byte[]> certificate) {
        this.client = client;
        this.cloud = List.copyOf(cloud);
        this.caCertificate = caCertificate.clone();
        this.keys = keys;
        this.certificate = certificate;
    }

    @Override
    public Result login() {
        return switch (client.login(cloud, caCertificate, keys, certificate.get())) {
            case AuthenticationResult.LoggedIn loggedIn -> new Result.LoggedIn(loggedIn.response());
            case AuthenticationResult.Refused refused ->
                    new Result.Failed(refused.status() == Status.FORBIDDEN, refused.text());
            case AuthenticationResult.Failure failure -> new Result.Failed(false, failure.text());
        };
    }
}
