const { WITH_KIT } = process.env

module.exports = {
  apps: [
    {
      name: 'app',
      script: 'app.cjs',
      exec_mode: 'cluster',
      instances: 2,
      // By its path: PM2's daemon starts the processes, and its working directory may be another.
      node_args: WITH_KIT ? ['--require', require.resolve('keepalive-kit/register')] : [],
      kill_timeout: 10_000,
      env: {
        PORT: process.env.PORT,
        ...(WITH_KIT && {
          KEEPALIVE_KIT_BEHIND: 'aws-alb',
          KEEPALIVE_KIT_MAX_REQUESTS: process.env.MAX_REQUESTS,
          KEEPALIVE_KIT_JITTER: '0',
          KEEPALIVE_KIT_DRAIN: '8s',
          KEEPALIVE_KIT_DASHBOARD_PORT: process.env.DASHBOARD_PORT,
        }),
      },
    },
  ],
}
