package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	deviceplugin "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
)

const (
	gpuResource = "nvidia.com/gpu"
	gpuSocket   = "vllm-eks-gpu.sock"
)

// gpuPlugin replaces the NVIDIA device plugin. It registers SIMULATED devices under the same
// resource name and with the same kubelet protocol, so scheduling, quotas and limits are real.
type gpuPlugin struct {
	deviceplugin.UnimplementedDevicePluginServer
	devices []*deviceplugin.Device
	cancel  context.CancelFunc // ends the service for the previous kubelet
}

func newGPUPlugin(count int) *gpuPlugin {
	p := &gpuPlugin{cancel: func() {}}
	for i := range count {
		p.devices = append(p.devices, &deviceplugin.Device{ID: fmt.Sprintf("GPU-simulated-%d", i), Health: deviceplugin.Healthy})
	}
	return p
}

// kubeletStarted registers the plugin with a kubelet that has just started. A kubelet forgets
// its plugins when it ends.
func (p *gpuPlugin) kubeletStarted(ctx context.Context) {
	p.cancel()
	ctx, p.cancel = context.WithCancel(ctx)
	go func() {
		for ctx.Err() == nil {
			if err := p.serve(ctx); err != nil && ctx.Err() == nil {
				time.Sleep(200 * time.Millisecond) // the kubelet is still starting
			}
		}
	}()
}

// serve registers once and answers until ctx ends or the socket is removed.
func (p *gpuPlugin) serve(ctx context.Context) error {
	kubelet, err := grpc.NewClient("unix:"+deviceplugin.KubeletSocket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer func() { _ = kubelet.Close() }() // nothing was written
	// The kubelet empties the folder before it listens, so this socket must be
	// created after that.
	if conn, err := net.Dial("unix", deviceplugin.KubeletSocket); err != nil {
		return err
	} else if err := conn.Close(); err != nil {
		return err
	}
	path := filepath.Join(deviceplugin.DevicePluginPath, gpuSocket)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	deviceplugin.RegisterDevicePluginServer(server, p)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	defer server.Stop()
	_, err = deviceplugin.NewRegistrationClient(kubelet).Register(ctx, &deviceplugin.RegisterRequest{
		Version: deviceplugin.Version, Endpoint: gpuSocket, ResourceName: gpuResource,
		Options: &deviceplugin.DevicePluginOptions{},
	})
	if err != nil {
		return fmt.Errorf("register %s with the kubelet: %w", gpuResource, err)
	}
	logf("registered %d SIMULATED devices as %s", len(p.devices), gpuResource)
	select {
	case <-ctx.Done():
		return nil
	case err := <-ended:
		return err
	}
}

// GetDevicePluginOptions implements the device plugin protocol.
func (p *gpuPlugin) GetDevicePluginOptions(context.Context, *deviceplugin.Empty) (*deviceplugin.DevicePluginOptions, error) {
	return &deviceplugin.DevicePluginOptions{}, nil
}

// ListAndWatch sends the list of devices once, because their health does not change.
func (p *gpuPlugin) ListAndWatch(_ *deviceplugin.Empty, stream grpc.ServerStreamingServer[deviceplugin.ListAndWatchResponse]) error {
	if err := stream.Send(&deviceplugin.ListAndWatchResponse{Devices: p.devices}); err != nil {
		return err
	}
	<-stream.Context().Done()
	return nil
}

// Allocate sets the variables of a container's devices that the NVIDIA runtime reads.
func (p *gpuPlugin) Allocate(_ context.Context, request *deviceplugin.AllocateRequest) (*deviceplugin.AllocateResponse, error) {
	response := &deviceplugin.AllocateResponse{}
	for _, c := range request.ContainerRequests {
		response.ContainerResponses = append(response.ContainerResponses, &deviceplugin.ContainerAllocateResponse{
			Envs: map[string]string{"NVIDIA_VISIBLE_DEVICES": strings.Join(c.DevicesIds, ",")},
		})
	}
	return response, nil
}
