package io.cyphonic.signaling.cli;

import io.cyphonic.signaling.RegistryOpener;
import io.cyphonic.signaling.admin.AdminClient;
import io.cyphonic.signaling.admin.Administration;
import io.cyphonic.signaling.admin.AdministrationException;
import io.cyphonic.signaling.admin.Inventory;
import io.cyphonic.signaling.admin.LocalAdministration;
import io.cyphonic.signaling.config.CloudConfig;
import io.cyphonic.signaling.config.CloudConfigFile;
import io.cyphonic.signaling.config.CloudDirectory;
import io.cyphonic.signaling.config.CloudLock;
import io.cyphonic.signaling.credential.CertificateAuthority;

import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/**
 * The way to a cloud's administration: through the running cloud if one holds the directory, and by
 * opening the registry in this process if none does.
 */
final class CloudAccess {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration RETRY_INTERVAL = Duration.ofMillis(100);

    private CloudAccess() {}

    static Administration open(CloudDirectory directory, RegistryOpener registryOpener)
            throws IOException, AdministrationException, InterruptedException {
        CloudConfig config = CloudConfigFile.load(directory.configFile());
        AdminClient client = new AdminClient(directory.adminSocket());
        // The holder may be a cloud that is just starting or stopping, or another command.
        for (long attempt = PATIENCE.dividedBy(RETRY_INTERVAL); attempt > 0; attempt--) {
            Optional<CloudLock> lock = CloudLock.tryAcquire(directory);
            if (lock.isPresent()) {
                return Offline.open(directory, config, lock.get(), registryOpener);
            }
            if (client.isServed()) {
                return client;
            }
            Thread.sleep(RETRY_INTERVAL);
        }
        throw new AdministrationException(
                "%s is in use by another process that does not answer at %s"
                        .formatted(directory.path(), directory.adminSocket()));
    }

    /** Administration of a cloud that does not run, with everything that has to be released. */
    private static final class Offline implements Administration {
        private final LocalAdministration administration;
        private final RegistryOpener.Opened registry;
        private final CloudLock lock;

        private Offline(
                LocalAdministration administration,
                RegistryOpener.Opened registry,
                CloudLock lock) {
            this.administration = administration;
            this.registry = registry;
            this.lock = lock;
        }

        static Offline open(
                CloudDirectory directory,
                CloudConfig config,
                CloudLock lock,
                RegistryOpener registryOpener)
                throws IOException {
            try {
                byte[] fingerprint =
                        CertificateAuthority.fingerprint(
                                CertificateAuthority.loadCertificate(directory.path()));
                RegistryOpener.Opened registry = registryOpener.open(directory, config);
                return new Offline(
                        new LocalAdministration(
                                registry.registry(),
                                config,
                                fingerprint,
                                InstantSource.system(),
                                new SecureRandom()),
                        registry,
                        lock);
            } catch (IOException | RuntimeException e) {
                lock.close();
                throw e;
            }
        }

        @Override
        public String invite(String name, Duration life) throws AdministrationException {
            return administration.invite(name, life);
        }

        @Override
        public Inventory devices() {
            return administration.devices();
        }

        @Override
        public String revoke(String name) throws AdministrationException {
            return administration.revoke(name);
        }

        @Override
        public void close() throws AdministrationException {
            try {
                try {
                    registry.close();
                } finally {
                    lock.close();
                }
            } catch (IOException e) {
                throw new AdministrationException("closing the registry failed: " + e, e);
            }
        }
    }
}
