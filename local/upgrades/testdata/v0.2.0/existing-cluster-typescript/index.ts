// One model on a cluster that exists already. It costs what its GPU node costs.
//
//   npm ci && npm run sdk && npm run build
//   node index.js up my-cluster
//
// The second argument is the cluster: a context of your kubeconfig. The other commands
// are preview and destroy.
import { Provider } from "@pulumi/kubernetes/provider";
import { LocalWorkspace } from "@pulumi/pulumi/automation";

// Outside of this repository: pulumi package add https://github.com/vllm-eks/vllm-eks/provider
import { serving } from "./sdk/index";

function program(context: string) {
    return async () => {
        const cluster = new Provider("cluster", { context, enableServerSideApply: true });
        const namespaces = new serving.Namespaces("namespaces", {
            namespaces: [{ name: "inference" }],
        }, { providers: [cluster] });
        const chat = new serving.VLLMService("mistral-7b", {
            name: "mistral-7b",
            namespace: "inference",
            model: "mistralai/Mistral-7B-Instruct-v0.2",
            maxModelLen: 8192,
            // The memory is checked against this GPU: nothing is created where the model
            // does not fit.
            gpu: { type: "A10G" },
        }, { providers: [cluster], dependsOn: [namespaces] });
        return { url: chat.url };
    };
}

async function main(command?: string, context?: string) {
    if (!command || !context) {
        throw new Error("want a command and a context of your kubeconfig: node index.js preview|up|destroy my-cluster");
    }
    const stack = await LocalWorkspace.createOrSelectStack({
        stackName: process.env.PULUMI_STACK ?? "dev",
        projectName: "existing-cluster-typescript",
        program: program(context),
    }, { workDir: __dirname });
    const output = { onOutput: (text: string) => void process.stdout.write(text) };
    switch (command) {
        case "preview": return stack.preview(output);
        case "up": return stack.up(output);
        case "destroy": return stack.destroy(output);
        default: throw new Error(`want preview, up or destroy, got ${command}`);
    }
}

main(process.argv[2], process.argv[3]).catch(error => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
});
