"""What the integration tests and the demo are made of: certificates, processes, homes, the cloud, clients.

Python's standard library only. One idea per module:

    wait      until a condition holds, with a deadline
    files     free ports, temporary directories
    certs     a certificate authority and a server certificate, made with openssl
    process   one child process: its log, its end
    home      a real Debian mosquitto with a bridge section as openWB writes it, and the simulated openWB
    cloud     owb-broker, owb-portal and owb-tenants on one configuration
    relay     a TCP link that a test can break
    stream    bytes over TCP, TLS, UNIX sockets and WebSockets
    mqtt      packets and a blocking client for MQTT 3.1, 3.1.1 and 5.0
    tabs      browser tabs that sleep
    web       HTTPS requests and a browser with its cookie
    tools     mosquitto_pub and mosquitto_sub
    case      the base class of the integration tests
"""
