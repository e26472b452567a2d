process.on('sveltekit:shutdown', () => console.log('closed by the app'))
