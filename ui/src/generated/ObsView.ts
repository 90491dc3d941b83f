export type ObsView = { on: boolean, port: number, password: string, clients: number, error: string, };
