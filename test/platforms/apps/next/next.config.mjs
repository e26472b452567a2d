export default {
  output: process.env.STANDALONE ? 'standalone' : undefined,
  outputFileTracingIncludes: { '/*': ['node_modules/{keepalive-kit,on-finished,ee-first}/**/*'] },
}
