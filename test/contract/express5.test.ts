import express from 'express'
import { contract } from './suite/contract.ts'
import { onExpress } from './suite/on-express.ts'

contract('Express 5', onExpress(express))
