import express from 'express4'
import { contract } from './suite/contract.ts'
import { onExpress } from './suite/on-express.ts'

contract('Express 4', onExpress(express))
