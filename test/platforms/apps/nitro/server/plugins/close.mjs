export default (app) => app.hooks.hook('close', () => console.log('closed by the app'))
