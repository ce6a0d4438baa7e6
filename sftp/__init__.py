"""How files travel: remote folders over SFTP or on this machine. Knows nothing of what is in the files.

`sftp.endpoint.open_folder` gives a `sftp.folder.RemoteFolder`; `sftp.retries.with_retries` does so again when the network fails.
"""
