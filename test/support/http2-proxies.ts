import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { apache, freePort, haproxy, listening, nginx, scratch, start } from './proxies.ts'
import { certificate } from './tls.ts'

/** Files of a certificate for localhost: the chain, the key, and both in one. */
export async function certificateFiles(): Promise<{ cert: string; key: string; both: string }> {
  const { key, cert } = await certificate()
  const folder = scratch('http2-tls-')
  const write = (name: string, text: string): string => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  return {
    cert: write('cert.pem', cert),
    key: write('key.pem', key),
    both: write('both.pem', `${cert}\n${key}`),
  }
}

type Serving = Promise<{ readonly port: number }>

/** nginx that answers HTTP/2 by itself. @param lines - of its `server` block. */
export async function serveHttp2ByNginx(lines: string, tls: boolean): Serving {
  const { cert, key } = await certificateFiles()
  return nginx(
    (port) => `access_log off;
  server {
    listen 127.0.0.1:${port} ${tls ? 'ssl ' : ''}http2;
    ${tls ? `ssl_certificate ${cert}; ssl_certificate_key ${key};` : ''} ${lines}
    location / { return 200 ok; }
  }`,
  )
}

/** HAProxy that answers HTTP/2 by itself. @param lines - of its `frontend` section. */
export async function serveHttp2ByHaproxy(lines: string, tls: boolean): Serving {
  const { both } = await certificateFiles()
  const port = await freePort()
  await haproxy(`  bind 127.0.0.1:${port} ${tls ? `ssl crt ${both} alpn h2,http/1.1` : 'proto h2'}
  http-request return status 200 content-type text/plain string ok
  ${lines}`)
  return { port }
}

/** Apache that answers HTTP/2 by itself. @param lines - of its configuration. */
export async function serveHttp2ByApache(lines: string, tls: boolean): Serving {
  const { cert, key } = await certificateFiles()
  const secrets = `SSLEngine on\nSSLCertificateFile ${cert}\nSSLCertificateKeyFile ${key}`
  return apache(['dir', 'http2', ...(tls ? ['socache_shmcb', 'ssl'] : [])], (folder) => {
    writeFileSync(join(folder, 'index.html'), 'ok')
    return `DocumentRoot ${folder}\nDirectoryIndex index.html\nProtocols ${tls ? 'h2' : 'h2c'} http/1.1
${tls ? secrets : ''}\n${lines}`
  })
}

/** Caddy that answers HTTP/2 by itself. @param lines - of its global options for servers. */
export async function serveHttp2ByCaddy(lines: string, tls: boolean): Serving {
  const { cert, key } = await certificateFiles()
  const port = await freePort()
  const folder = scratch('caddy-')
  const file = join(folder, 'Caddyfile')
  writeFileSync(
    file,
    `{
  admin off
  auto_https off
  servers {
    protocols h1 h2 h2c
    ${lines}
  }
}
${tls ? 'https' : 'http'}://:${port} {
  bind 127.0.0.1
  ${tls ? `tls ${cert} ${key}` : ''}
  respond ok
}
`,
  )
  start('caddy', ['run', '--config', file, '--adapter', 'caddyfile'], folder, {
    HOME: folder,
    XDG_DATA_HOME: folder,
  })
  await listening(port)
  return { port }
}
