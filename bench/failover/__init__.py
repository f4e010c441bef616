"""The loss of the primary database under load: Patroni, etcd and HAProxy, as `packaging/failover` sets them up."""
