package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
)

// What encoding/xml reads and writes for Disconnect.
type (
	requestEnvelope struct {
		XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
		Body    struct {
			Disconnect disconnect `xml:"https://schemas.microsoft.com/exchange/services/2006/messages Disconnect"`
		} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
	}
	disconnect struct {
		CallID string `xml:"CallId"`
	}
	replyEnvelope struct {
		XMLName xml.Name `xml:"http://schemas.xmlsoap.org/soap/envelope/ Envelope"`
		Body    struct {
			Fault *struct {
				Code string `xml:"faultcode"`
				Text string `xml:"faultstring"`
			} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Fault"`
			Response *struct{} `xml:"https://schemas.microsoft.com/exchange/services/2006/messages DisconnectResponse"`
		} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
	}
)

// soapClient calls a SOAP service with net/http's default client.
type soapClient struct{ url string }

func (c soapClient) disconnect(ctx context.Context, callID string) error {
	var envelope requestEnvelope
	envelope.Body.Disconnect.CallID = callID
	body, err := xml.Marshal(envelope)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(append([]byte(xml.Header), body...)))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "text/xml; charset=utf-8")
	request.Header.Set("SOAPAction", `"`+soapAction+`"`)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	reply, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return err
	}
	return readReply(response.Status, reply)
}

func readReply(status string, reply []byte) error {
	var result replyEnvelope
	if err := xml.Unmarshal(reply, &result); err != nil {
		return fmt.Errorf("status %s: %w", status, err)
	}
	if fault := result.Body.Fault; fault != nil {
		return fmt.Errorf("soap fault %s: %s", fault.Code, fault.Text)
	}
	if result.Body.Response == nil {
		return fmt.Errorf("status %s: no DisconnectResponse", status)
	}
	return nil
}
